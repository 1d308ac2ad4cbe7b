"""Several classifiers that predict together, and with fewer channels than they were trained with."""
