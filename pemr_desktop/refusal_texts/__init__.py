"""The sentences of refusals, by subject: each module has its codes and, for a translator, their texts."""
