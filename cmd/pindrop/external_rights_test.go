package main

import (
	"strings"
	"testing"
)

// The permissions in docs/external.md are all that a run with leases, and its cleaning, need.
func TestRights(t *testing.T) {
	t.Parallel()
	s := somebodys(t, `
jetstream: enabled
accounts { A { jetstream: enabled, users: [ { user: least, password: "`+secret+`", permissions {
  publish: { allow: [
    "$JS.API.INFO",
    "$JS.API.STREAM.CREATE.*", "$JS.API.STREAM.INFO.*", "$JS.API.STREAM.DELETE.*", "$JS.API.STREAM.LIST",
    "$JS.API.CONSUMER.CREATE.PINDROP_short.workers", "$JS.API.CONSUMER.INFO.PINDROP_short.workers",
    "$JS.API.CONSUMER.MSG.NEXT.PINDROP_short.workers", "$JS.ACK.PINDROP_short.workers.>",
    "pindrop.short.>", "$KV.PINDROP_short.>", "$KV.PINDROP_short_leases.>",
    "$JS.API.DIRECT.GET.KV_PINDROP_short", "$JS.API.DIRECT.GET.KV_PINDROP_short.>",
    "$JS.API.DIRECT.GET.KV_PINDROP_short_leases", "$JS.API.DIRECT.GET.KV_PINDROP_short_leases.>",
    "_pindrop.run.*",
  ] }
  subscribe: { allow: ["_INBOX.>", "$JS.EVENT.ADVISORY.CONSUMER.>", "_pindrop.run.*"] }
} } ] } }`)
	at := urlFor(s, "least")
	if code, text := shortRun(t, withState, t.TempDir(), "--clock", "real", "--server", at, "--quiet"); code != 0 {
		t.Errorf("exit code %d:\n%s", code, text)
	}
	if code, text := said("clean", "--server", at); code != 0 || !strings.Contains(text, "nothing found") {
		t.Errorf("clean: exit code %d:\n%s", code, text)
	}
	if code, text := said("clean"); code != exitUsage || !strings.Contains(text, "--server URL or as --context NAME") {
		t.Errorf("clean without servers: exit code %d:\n%s", code, text)
	}
}
