package sim

import (
	"net"
	"sync"
)

// tapConn is a connection to a server with a tap on it, and nothing between.
type tapConn struct {
	net.Conn
	tap   *tap
	ended func()
	once  sync.Once
}

func (t *tapConn) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if n > 0 {
		t.tap.arriving.feed(b[:n])
	}
	if err != nil {
		t.once.Do(t.ended)
	}
	return n, err
}

func (t *tapConn) Write(b []byte) (int, error) {
	t.tap.leaving.feed(b)
	return t.Conn.Write(b)
}

func (t *tapConn) Close() error {
	defer t.once.Do(t.ended)
	return t.Conn.Close()
}
