"""What every face stands on: pages, languages, access, headers, refusals in words."""
