"""What is done with labels: supervised training, probes on frozen features, and the measures of both."""
