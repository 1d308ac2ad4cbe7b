"""From the DPN-UNet's probability maps to labelled cells."""
