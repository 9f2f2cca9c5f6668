"""The alarm bell: `rules` look at facts, `lifecycle` turns what they find into events, `channels` tell people."""
