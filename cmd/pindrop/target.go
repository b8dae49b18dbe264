package main

import (
	"errors"
	"net/url"
	"strings"

	"pindrop/sim"
)

// target is what the flags --server and --context come to: settings of the scenario, and apart from them what nobody
// writes down.
type target struct {
	sets   []string
	words  []string // the flags again, without user and password
	access sim.Access
}

// targetOf reads the flags.
func targetOf(o runOptions) (target, error) {
	t := target{access: sim.Access{Keep: o.keep}}
	switch {
	case o.context != "" && o.server != "":
		return t, errors.New("--context names the server already: leave out --server")
	case o.context != "":
		t.sets = []string{"server.mode=external", "server.context=" + o.context}
		t.words = []string{"--context", o.context}
	case strings.Contains(o.server, "://"):
		urls, user, err := withoutUser(o.server)
		if err != nil {
			return t, err
		}
		t.sets = []string{"server.mode=external", "server.url=" + urls}
		t.words = []string{"--server", urls}
		t.access.User = user
	case o.server != "":
		t.sets = []string{"server.mode=" + o.server}
		t.words = []string{"--server", o.server}
	}
	if o.keep {
		t.words = append(t.words, "--keep")
	}
	return t, nil
}

// withoutUser takes user and password out of a list of URLs.
func withoutUser(urls string) (bare string, user *url.Userinfo, err error) {
	var list []string
	for text := range strings.SplitSeq(urls, ",") {
		u, err := url.Parse(strings.TrimSpace(text))
		if err != nil || u.Host == "" {
			return "", nil, errors.New("--server: expected auto, embedded, process or a URL such as nats://localhost:4222") // not quoted: it may hold a password
		}
		if u.User != nil {
			user = u.User
		}
		u.User = nil
		list = append(list, u.String())
	}
	return strings.Join(list, ","), user, nil
}
