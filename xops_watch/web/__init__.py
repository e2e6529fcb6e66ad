"""Reading over HTTP, with a limit on everything: time, size, redirects and what errors may say."""
