package audit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// A context gives the URL, the certificate authority, and the credentials: of a user with an nkey here, and of one with
// a JWT. The one that is selected is taken if none is named.
func TestContexts(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	secure, authority := certificate(t)
	ca := keep(t, filepath.Join(dir, "ca.pem"), authority)

	user, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, _ := user.PublicKey()
	seed, _ := user.Seed()
	byNkey := serve(t, natsserver.Options{TLSConfig: secure, TLS: true, Nkeys: []*natsserver.NkeyUser{{Nkey: public}}})
	option, err := nats.NkeyOptionFromSeed(keep(t, filepath.Join(dir, "user.nk"), seed))
	if err != nil {
		t.Fatal(err)
	}
	create(t, connect(t, byNkey.ClientURL(), option, nats.RootCAs(ca)), orders, worker)
	save(t, dir, "stage", map[string]string{"url": byNkey.ClientURL(), "ca": ca, "nkey": filepath.Join(dir, "user.nk")})

	server, creds := operated(t, secure)
	credsFile := keep(t, filepath.Join(dir, "user.creds"), creds)
	create(t, connect(t, server.ClientURL(), nats.UserCredentials(credsFile), nats.RootCAs(ca)), orders, worker)
	save(t, dir, "production", map[string]string{"url": server.ClientURL(), "ca": ca, "creds": credsFile})

	for name, why := range map[string]string{"stage": "(context stage)", "production": "(context production)"} {
		live := find(t, Target{Context: name}, "ORDERS", "worker")
		if !strings.HasSuffix(live.conn.Where, why) {
			t.Errorf("connected to %s, want %s", live.conn.Where, why)
		}
	}
	if _, err := Dial(Target{Context: "prodction"}); !errors.Is(err, ErrNotFound) ||
		err.Error() != `there is no context "prodction"; nearest: production (of 2)` {
		t.Errorf("got %v, want the nearest context", err)
	}
	if _, err := Dial(Target{URL: server.ClientURL()}); err == nil {
		t.Error("connected without credentials")
	}
	keep(t, filepath.Join(dir, "nats", "context.txt"), []byte("production"))
	if live := find(t, Target{}, "ORDERS", "worker"); !strings.HasSuffix(live.conn.Where, "(context production, which is selected)") {
		t.Errorf("connected to %s, want the selected context", live.conn.Where)
	}
}

// save writes a context as the NATS tools do.
func save(t *testing.T, dir, name string, settings map[string]string) {
	t.Helper()
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, filepath.Join(dir, "nats", "context", name+".json"), text)
}

// certificate is one for loopback, and the authority that vouches for it.
func certificate(t *testing.T) (server *tls.Config, authority []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	self := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pindrop test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, self, self, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// operated is a server whose users have JWTs, and the credentials of one.
func operated(t *testing.T, secure *tls.Config) (*natsserver.Server, []byte) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	operator, err := nkeys.CreateOperator()
	check(err)
	account, err := nkeys.CreateAccount()
	check(err)
	system, err := nkeys.CreateAccount()
	check(err)
	user, err := nkeys.CreateUser()
	check(err)
	public := func(k nkeys.KeyPair) string { name, err := k.PublicKey(); check(err); return name }
	resolver := &natsserver.MemAccResolver{}
	for _, a := range []nkeys.KeyPair{account, system} {
		claims := jwt.NewAccountClaims(public(a))
		if a == account {
			claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
		}
		text, err := claims.Encode(operator)
		check(err)
		check(resolver.Store(public(a), text))
	}
	trusted := jwt.NewOperatorClaims(public(operator))
	trusted.SystemAccount = public(system)
	server := serve(t, natsserver.Options{TLSConfig: secure, TLS: true, TrustedOperators: []*jwt.OperatorClaims{trusted},
		AccountResolver: resolver, SystemAccount: public(system)})
	text, err := jwt.NewUserClaims(public(user)).Encode(account)
	check(err)
	seed, err := user.Seed()
	check(err)
	creds, err := jwt.FormatUserConfig(text, seed)
	check(err)
	return server, creds
}
