"""The model card: its figures, measured again, and the page that tells them."""
