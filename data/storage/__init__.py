"""Files at URLs (s3://, gs://, https:// ...): naming, listing, fetching and sending them."""
