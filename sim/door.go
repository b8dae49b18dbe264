package sim

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// door is a way in on loopback: who comes in reaches a server over a network that pindrop owns. Workers in processes of
// their own use it where the scenario gives them a network, or breaks it.
type door struct {
	network  *network
	dial     func() (net.Conn, error)
	listener net.Listener
	doing    sync.WaitGroup
}

func newDoor(n *network, dial func() (net.Conn, error)) (*door, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a door: %w", err)
	}
	p := &door{network: n, dial: dial, listener: listener}
	p.doing.Go(p.accept)
	return p, nil
}

func (p *door) address() string { return p.listener.Addr().String() }

func (p *door) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.doing.Go(func() { p.connect(client) })
	}
}

// connect puts the network between a client and the server. While that is cut, nobody gets through.
func (p *door) connect(client net.Conn) {
	time.Sleep(p.network.handshake())
	if p.network.held() {
		client.Close()
		return
	}
	server, err := p.dial()
	if err != nil {
		client.Close()
		return
	}
	var l *link
	ready := make(chan struct{})
	l = joinLink(client, server, p.network.delays(), watch{
		dropped: p.network.dropped,
		ended: func() {
			<-ready
			p.network.remove(l)
		},
	})
	p.network.add(l)
	close(ready)
}

// close closes the door, and every connection.
func (p *door) close() {
	p.listener.Close()
	p.doing.Wait()
	p.network.each((*link).cut)
}
