"""Settings, logging and the kernel. Imports nothing of ours; everyone stands on it."""
