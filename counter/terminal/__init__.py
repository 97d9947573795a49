"""The program beside the kiosk's browser.  So far: a simulated terminal and a simulated desk."""
