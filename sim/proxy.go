package sim

import (
	"fmt"
	"net"
	"slices"
	"sync"
)

// proxy is a way on loopback to one server: from its clients, or from another server. Everything that crosses it goes
// through links, so that it can become a black hole.
type proxy struct {
	from, to string // nodes; from is "" for clients
	listener net.Listener
	target   string

	mu       sync.Mutex
	links    []*link
	heldUp   bool // towards the server
	heldDown bool // from the server
	closed   bool
}

// newProxy opens a proxy to target.
func newProxy(from, to, target string) (*proxy, error) {
	listener, err := net.Listen("tcp", loopback(0))
	if err != nil {
		return nil, fmt.Errorf("open a way to server %s: %w", to, err)
	}
	p := &proxy{from: from, to: to, listener: listener, target: target}
	go p.accept()
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close() // as if nobody listened
			continue
		}
		p.add(client, server)
	}
}

// add joins two connections. Those that begin in a black hole are in it.
func (p *proxy) add(client, server net.Conn) {
	l := &link{client: client, server: server, up: newWay(), down: newWay()}
	l.up.limit, l.down.limit = socketBuffer, socketBuffer
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		client.Close()
		server.Close()
		return
	}
	l.up.hold(p.heldUp)
	l.down.hold(p.heldDown)
	p.links = append(p.links, l)
	go receive(client, l.up, nil)
	go send(l.up, server, nil)
	go receive(server, l.down, nil)
	go func() {
		send(l.down, client, nil)
		p.remove(l)
	}()
}

func (p *proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links = slices.DeleteFunc(p.links, func(o *link) bool { return o == l })
}

// hold makes either direction a black hole, or ends that: then what was sent meanwhile arrives.
func (p *proxy) hold(up, down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heldUp, p.heldDown = up, down
	for _, l := range p.links {
		l.up.hold(up)
		l.down.hold(down)
	}
}

// close ends the proxy and everything that crosses it.
func (p *proxy) close() {
	p.listener.Close()
	p.mu.Lock()
	p.closed = true
	links := slices.Clone(p.links)
	p.mu.Unlock()
	for _, l := range links {
		l.cut()
	}
}
