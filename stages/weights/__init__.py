"""Looking at weights before they are used."""
