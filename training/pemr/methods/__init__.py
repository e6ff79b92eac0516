"""The self-supervised methods, all behind the contract in `contract.py`."""
