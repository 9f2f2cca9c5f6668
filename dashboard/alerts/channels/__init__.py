"""The ways in which people are told: mail, webhooks, Apprise. A channel sends one message and says what came of it."""
