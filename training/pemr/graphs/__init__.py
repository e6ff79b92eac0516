"""Networks as ONNX graphs, made from weights as they lie in a model file and computed without torch."""
