"""The files of a report: data as scripts, pictures, and the pages that show them."""
