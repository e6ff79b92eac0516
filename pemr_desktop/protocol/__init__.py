"""What the processes say to one another: requests, events and results, typed once."""
