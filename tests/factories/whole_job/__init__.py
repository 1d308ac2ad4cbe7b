"""All stages on a few small fields: run here or in processes that can be killed, damaged, compared."""
