"""One distilled network beside the ensemble that taught it: seconds, mAP and balanced accuracy."""
