"""A head on a frozen backbone, with features computed once or in every epoch."""
