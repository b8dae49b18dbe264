// Package memnet is a TCP network in the memory of one process, for a guest: package net of its toolchain asks it to listen
// and to dial (see sim/guest), so that servers listen without a socket, and waiting for the network is waiting that a virtual
// clock knows of.
//
// It is the loopback interface and nothing else: every address is of this host, a port is taken by one listener at a time,
// connecting takes no time, and what is sent is there at once, in order, until as much waits as two sockets' buffers hold.
// Latency, loss and partitions are the business of package sim, on top of it.
package memnet

import (
	"context"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// firstPort is the first of the ports that are chosen where a listener asks for any. Below it, as on Linux, are those that servers get: a
// node that comes back must find its own free.
const firstPort = 32768

var (
	mu        sync.Mutex
	listeners = map[int]*listener{}
	next      = firstPort
)

// Listen is [net.Listen] for TCP.
func Listen(_ context.Context, network, address string) (net.Listener, error) {
	fail := func(err error) (net.Listener, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	at, err := resolve(network, address)
	if err != nil {
		return fail(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if at.Port == 0 {
		at.Port = free()
	}
	if listeners[at.Port] != nil {
		return fail(os.NewSyscallError("bind", syscall.EADDRINUSE))
	}
	l := &listener{at: at}
	l.change.L = &l.mu
	listeners[at.Port] = l
	return l, nil
}

// Dial is [net.Dialer.DialContext] for TCP. It never waits.
func Dial(_ context.Context, network, address string) (net.Conn, error) {
	fail := func(to net.Addr, err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: to, Err: err}
	}
	to, err := resolve(network, address)
	if err != nil {
		return fail(nil, err)
	}
	mu.Lock()
	l, from := listeners[to.Port], &net.TCPAddr{IP: to.IP, Port: free()}
	mu.Unlock()
	if l == nil {
		return fail(to, os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	ours, theirs := pair(from, to)
	if !l.offer(theirs) {
		return fail(to, os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	return ours, nil
}

// free is a port that nobody listens on and nobody was given lately. The lock is held.
func free() int {
	for {
		port := next
		if next++; next > 65535 {
			next = firstPort
		}
		if listeners[port] == nil {
			return port
		}
	}
}

// resolve reads an address. There is no name but localhost.
func resolve(network, address string) (*net.TCPAddr, error) {
	switch network {
	case "tcp", "tcp4", "tcp6":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(service)
	if err != nil || port < 0 || port > 65535 {
		return nil, &net.AddrError{Err: "invalid port", Addr: address}
	}
	ip := net.IPv4(127, 0, 0, 1)
	if host != "" && host != "localhost" {
		if ip = net.ParseIP(host); ip == nil {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
	}
	return &net.TCPAddr{IP: ip, Port: port}, nil
}

// listener is a port that is listened on.
type listener struct {
	at *net.TCPAddr

	mu      sync.Mutex
	change  sync.Cond
	waiting []*conn // to be accepted
	closed  bool
}

// offer hands over the listener's end of a new connection; false if nobody listens any more.
func (l *listener) offer(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.waiting = append(l.waiting, c)
	l.change.Signal()
	return true
}

func (l *listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) == 0 && !l.closed {
		l.change.Wait()
	}
	if l.closed {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.at, Err: net.ErrClosed}
	}
	c := l.waiting[0]
	l.waiting = l.waiting[1:]
	return c, nil
}

// Close ends the listening. Connections that were not accepted are reset.
func (l *listener) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.at, Err: net.ErrClosed}
	}
	left := l.waiting
	l.closed, l.waiting = true, nil
	l.change.Broadcast()
	l.mu.Unlock()
	mu.Lock()
	delete(listeners, l.at.Port)
	mu.Unlock()
	for _, c := range left {
		c.reset()
	}
	return nil
}

func (l *listener) Addr() net.Addr { return l.at }
