package sim

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// proxy is a way in on loopback: who comes in reaches a server over a network that pindrop owns. Workers that are processes
// use one where the scenario gives them a network, or breaks it; so do the clients of a server that is cut off, and the
// servers among themselves.
type proxy struct {
	network  *network
	key      string // that who comes in presents; noKey: nobody has to
	dial     func() (net.Conn, error)
	listener net.Listener
	doing    sync.WaitGroup
	closing  chan struct{}
}

// noKey is the key of a proxy through which servers find each other: they know none, and ask each other for a password.
const noKey = ""

// newProxy opens a way to what dial connects to, over a network, for those who know its key.
func newProxy(n *network, key string, dial func() (net.Conn, error)) (*proxy, error) {
	listener, err := net.Listen("tcp", loopback(0))
	if err != nil {
		return nil, fmt.Errorf("open a way to a server: %w", err)
	}
	p := &proxy{network: n, key: key, dial: dial, listener: listener, closing: make(chan struct{})}
	p.doing.Go(p.accept)
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.doing.Go(func() { p.connect(client) })
	}
}

// connect joins a client and the server. While the network is a black hole, both are in it; where no server listens, it is
// as if nobody did here.
func (p *proxy) connect(client net.Conn) {
	if !p.admits(client) {
		client.Close()
		return
	}
	time.Sleep(p.network.handshake())
	server, err := p.dial()
	if err != nil {
		client.Close()
		return
	}
	var l *link
	ready := make(chan struct{})
	l = joinLinkAt(p.network.rate, client, server, p.network.delays(), watch{
		dropped:   p.network.dropped,
		serverEnd: p.network.watchServer(),
		gone: func() {
			<-ready
			p.network.remove(l)
		},
	})
	p.network.add(l)
	close(ready)
}

// admits reports whether a client knows the key. A stranger is no part of the run: nothing of it is written down.
func (p *proxy) admits(client net.Conn) bool {
	if p.key == noKey {
		return true
	}
	admitted := make(chan struct{})
	defer close(admitted)
	go func() {
		select {
		case <-admitted:
		case <-p.closing:
			client.Close()
		}
	}()
	return admit(client, p.key) == nil
}

// close ends the proxy and everything that crosses it.
func (p *proxy) close() {
	close(p.closing)
	p.listener.Close()
	p.doing.Wait()
	p.network.each((*link).cut)
}
