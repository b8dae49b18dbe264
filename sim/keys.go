package sim

import (
	crypto "crypto/rand"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"pindrop/scenarios"
)

// The users of pindrop's own servers.
const (
	clientUser = "pindrop" // runner, publishers and workers
	systemUser = "system"  // of the system account
	routeUser  = "route"   // the servers among themselves
	lookUser   = "look"    // somebody who was invited to look in
)

// keys are the passwords of one run. They are drawn anew for each run on the real clock, whose servers listen on loopback, where
// every user of the machine can connect. They reach processes of pindrop over their standard input and servers in a file that
// only its owner can read: never a command line or an environment.
//
// On the virtual clock nothing listens, and most of them are "", which is no password.
type keys struct {
	client string
	system string
	route  string
	look   string // "": nobody was invited
	door   string // of the ways that pindrop itself opens, see [proxy]
}

// newKeys draws the keys of a run, one for somebody who looks in only where that was asked for. On the virtual clock it draws
// nothing, so that chance stays as it is.
func newKeys(c clock) keys {
	if c.name == scenarios.ClockVirtual {
		return keys{}
	}
	k := keys{client: crypto.Text(), system: crypto.Text(), route: crypto.Text(), door: crypto.Text()}
	if c.access.Invite != nil {
		k.look = crypto.Text()
	}
	return k
}

// user is what clients of pindrop's own servers present; nil where nobody asks.
func (k keys) user() *url.Userinfo {
	if k.client == "" {
		return nil
	}
	return url.UserPassword(clientUser, k.client)
}

// presenting are the options of a client that presents a user: a name and a password, or a token alone. nil is nobody.
func presenting(user *url.Userinfo) []nats.Option {
	if user == nil {
		return nil
	}
	if password, ok := user.Password(); ok {
		return []nats.Option{nats.UserInfo(user.Username(), password)}
	}
	return []nats.Option{nats.Token(user.Username())}
}

// invitation is the URL for somebody who looks in at addresses.
func (k keys) invitation(addresses []string) string {
	var all []string
	for _, address := range addresses {
		u := url.URL{Scheme: "nats", User: url.UserPassword(lookUser, k.look), Host: address}
		all = append(all, u.String())
	}
	return strings.Join(all, ",")
}

// lookMay are the subjects to which somebody who looks in may publish: questions that change nothing. To subscribe is free.
var lookMay = []string{
	"$SYS.REQ.USER.INFO", apiPrefix + "INFO",
	apiPrefix + "STREAM.NAMES", apiPrefix + "STREAM.LIST", apiPrefix + "STREAM.INFO.*",
	apiPrefix + "STREAM.MSG.GET.*", apiPrefix + "DIRECT.GET.>",
	apiPrefix + "CONSUMER.NAMES.*", apiPrefix + "CONSUMER.LIST.*", apiPrefix + "CONSUMER.INFO.>",
}

// authTime is how long a client, or another server, may take to present its password. Without passwords there is no such limit, and
// a network that is broken on purpose must not meet one that servers of people do not have on loopback.
const authTime = time.Hour

// doorTime is how long somebody who comes in through a door may take to present its key.
const doorTime = 2 * time.Second

var errStranger = errors.New("somebody came to a door without its key")

// knock presents a door's key on a connection to it. "" is a door without one.
func knock(conn net.Conn, key string) (net.Conn, error) {
	if key == "" {
		return conn, nil
	}
	if _, err := io.WriteString(conn, key); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// admit reads what knock has written, and nothing behind it.
func admit(conn net.Conn, key string) error {
	if key == "" {
		return nil
	}
	if err := conn.SetReadDeadline(time.Now().Add(doorTime)); err != nil {
		return err
	}
	shown := make([]byte, len(key))
	if _, err := io.ReadFull(conn, shown); err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(shown, []byte(key)) != 1 {
		return errStranger
	}
	return conn.SetReadDeadline(time.Time{})
}
