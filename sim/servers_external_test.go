package sim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
)

// certified makes a certificate for loopback that signs itself, and a file that holds it.
func certified(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, file
}

// Under TLS the wire is read as it is without: our dialer does the handshake, and the tap sits above it.
func TestTLS(t *testing.T) {
	for _, first := range []bool{false, true} {
		config, ca := certified(t)
		s, err := natsserver.NewServer(&natsserver.Options{
			Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoLog: true, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
			TLS: true, TLSConfig: config, TLSTimeout: 2, TLSHandshakeFirst: first,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		defer s.Shutdown()
		if !s.ReadyForConnections(readyTimeout) {
			t.Fatal("the server is not ready")
		}
		home := t.TempDir()
		folder := filepath.Join(home, "nats", "context")
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf(`{"url":"nats://%s","ca":%q,"tls_first":%v}`, s.Addr(), ca, first)
		if err := os.WriteFile(filepath.Join(folder, "secure.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("XDG_CONFIG_HOME", home)
		events, _ := onReal(t, context.Background(), `
name: tls
server: {mode: external, context: secure}
publishers: [{backlog: 20}]
workers: [{name: w, batch: 10, expires: 1s}]
phases: {disturb: 200ms}
`)
		delivered := 0
		for _, e := range events {
			if e.Kind == history.Deliver {
				delivered++
			}
		}
		if delivered != 20 {
			t.Errorf("handshake first %v: %d of 20 deliveries were seen on the wire", first, delivered)
		}
	}
}

// A version before that of a policy is older; one that nobody can read is not.
func TestOlder(t *testing.T) {
	for version, want := range map[string]bool{
		"2.10.29": true, "v2.10.0-beta": true, "1.99.0": true, "2.11.0": false, "2.12.1": false, "3.0.0": false, "devel": false, "": false,
	} {
		if got := older(version, 2, 11); got != want {
			t.Errorf("%q before 2.11: %v, want %v", version, got, want)
		}
	}
}

// What is in the way of one more stream is said before it is made.
func TestRoom(t *testing.T) {
	t.Parallel()
	s := planOf(t, "steady", 1, "consumer.count=2").Scenario
	open := jetstream.AccountLimits{MaxMemory: -1, MaxStore: -1, MaxStreams: -1, MaxConsumers: -1}
	for _, c := range []struct {
		name   string
		change func(*jetstream.AccountInfo)
		want   string
	}{
		{"no limits", func(*jetstream.AccountInfo) {}, ""},
		{"streams", func(i *jetstream.AccountInfo) { i.Limits.MaxStreams, i.Streams = 3, 3 }, "may have 3 streams, and has 3"},
		{"room for a stream", func(i *jetstream.AccountInfo) { i.Limits.MaxStreams, i.Streams = 3, 2 }, ""},
		{"consumers", func(i *jetstream.AccountInfo) { i.Limits.MaxConsumers, i.Consumers = 3, 2 }, "may have 3 consumers, and has 2; the scenario makes 2"},
		{"none of the storage", func(i *jetstream.AccountInfo) { i.Limits.MaxMemory = 0 }, "has no memory storage"},
		{"none of another", func(i *jetstream.AccountInfo) { i.Limits.MaxStore = 0 }, ""},
		{"by tiers", func(i *jetstream.AccountInfo) { i.Limits.MaxMemory, i.Tiers = 0, map[string]jetstream.Tier{"R1": {}} }, ""},
		{"full", func(i *jetstream.AccountInfo) { i.Limits.MaxMemory, i.Memory = 1000, 1000 }, "memory storage of 1000 bytes is full"},
		{"not full", func(i *jetstream.AccountInfo) { i.Limits.MaxMemory, i.Memory = 1000, 499 }, ""},
		{"too little", func(i *jetstream.AccountInfo) { i.Limits.MaxMemory, i.Memory = 1000, 501 }, "at least 500 bytes of memory storage, and the account has room for 499"},
	} {
		info := &jetstream.AccountInfo{Tier: jetstream.Tier{Limits: open}}
		c.change(info)
		if err := room(info, s, 500); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
