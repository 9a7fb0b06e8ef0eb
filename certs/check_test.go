package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"seedbed"
)

const guide = "guide.example.org"

func TestUpload_SaysWhatIsWrong(t *testing.T) {
	root := newAuthority(t, "Root")
	between := root.below("Between")
	key, other := newTestKey(t), newTestKey(t)
	good := between.sign(guide, key)
	keyPEM := textOf(t, key)
	edit := func(change func(*x509.Certificate)) []byte { return between.sign(guide, key, change) }
	ed25519Public, ed25519Key, _ := ed25519.GenerateKey(rand.Reader)
	_ = ed25519Public
	small, _ := rsa.GenerateKey(rand.Reader, 1024)
	p521, _ := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	for name, c := range map[string]struct {
		cert, key []byte
		field     string
		want      string
	}{
		"nothing":               {nil, keyPEM, "certificate", "no certificate in PEM form"},
		"no key":                {good, nil, "key", "no private key in PEM form"},
		"binary":                {[]byte("\x30\x82\x00\x01"), keyPEM, "certificate", "no certificate in PEM form"},
		"swapped":               {keyPEM, good, "certificate", "has a private key in it"},
		"certificate twice":     {good, good, "key", "This is a certificate"},
		"request":               {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: []byte{1}}), keyPEM, "certificate", "request for a certificate"},
		"something else":        {pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: []byte{1}}), keyPEM, "certificate", "no certificate"},
		"damaged":               {certText([]byte{1, 2, 3}), keyPEM, "certificate", "number 1 of this file is damaged"},
		"damaged second":        {slices.Concat(good, certText([]byte{1})), keyPEM, "certificate", "number 2 of this file is damaged"},
		"damaged key":           {good, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}), "key", "does not belong"},
		"another key":           {good, textOf(t, other), "key", "does not belong"},
		"encrypted key":         {good, pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte{1}}), "key", "has a password"},
		"old encrypted key":     {good, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte{1}}), "key", "has a password"},
		"public key":            {good, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte{1}}), "key", "no private key"},
		"wrong order":           {slices.Concat(certText(between.cert.Raw), good), keyPEM, "certificate", "wrong order: the site's own must be the first, and it is number 2"},
		"chain in wrong order":  {slices.Concat(good, certText(root.cert.Raw), certText(between.cert.Raw)), keyPEM, "certificate", "number 2 does not sign number 1"},
		"a stranger's chain":    {slices.Concat(good, certText(newAuthority(t, "Between").cert.Raw)), keyPEM, "certificate", "number 2 does not sign number 1"},
		"an authority's":        {certText(between.cert.Raw), keyPEM, "certificate", "certificate of an authority"},
		"an authority's, key":   {certText(between.cert.Raw), textOf(t, between.key), "certificate", "certificate of an authority"},
		"ended":                 {edit(func(c *x509.Certificate) { c.NotAfter = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC) }), keyPEM, "certificate", "ended on 3 March 2026"},
		"not yet":               {edit(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(day24) }), keyPEM, "certificate", "counts only from"},
		"another name":          {edit(func(c *x509.Certificate) { c.DNSNames = []string{"www.example.org", "example.org"} }), keyPEM, "certificate", "not for guide.example.org but for www.example.org, example.org"},
		"a deeper wildcard":     {edit(func(c *x509.Certificate) { c.DNSNames = []string{"*.b.example.org"} }), keyPEM, "certificate", "but for *.b.example.org"},
		"no name":               {edit(func(c *x509.Certificate) { c.DNSNames = nil }), keyPEM, "certificate", "but for no host name at all"},
		"a name of markup":      {edit(func(c *x509.Certificate) { c.DNSNames = []string{"<b>x</b>.example.org"} }), keyPEM, "certificate", "but for no host name at all"},
		"for mail":              {edit(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }), keyPEM, "certificate", "not for websites"},
		"Ed25519":               {between.sign(guide, ed25519Key), textOf(t, ed25519Key), "certificate", "Ed25519"},
		"RSA of 1024 bits":      {between.sign(guide, small), textOf(t, small), "certificate", "RSA key of 1024 bits"},
		"a curve of no browser": {between.sign(guide, p521), textOf(t, p521), "certificate", "of a kind that browsers do not take"},
		"too large":             {bytes.Repeat([]byte("x"), maxChainText+1), keyPEM, "certificate", "64 is the most"},
		"too large a key":       {good, bytes.Repeat([]byte("x"), maxKeyText+1), "key", "16 is the most"},
		"too many":              {bytes.Repeat(good, maxBlocks+1), keyPEM, "certificate", "more than 10 certificates"},
	} {
		t.Run(name, func(t *testing.T) {
			k := open(t, t.TempDir())
			_, err := k.Upload(guide, c.cert, c.key)
			mistakes := seedbed.Mistakes(err)
			if len(mistakes) != 1 || mistakes[0].Field != c.field || !strings.Contains(mistakes[0].Message, c.want) {
				t.Errorf("got %v", err)
			}
			if uploads, err := k.files.readUploads(); err != nil || len(uploads) != 0 {
				t.Errorf("it is kept: %v, %v", uploads, err)
			}
		})
	}
}

func TestUpload_TakesWhatAuthoritiesGive(t *testing.T) {
	root := newAuthority(t, "Root")
	between := root.below("Between")
	key := newTestKey(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	old, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	oldKey := slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 0}}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: old}))
	chain := certText(between.cert.Raw)
	stranger := newAuthority(t, "Stranger")
	for name, c := range map[string]struct {
		cert, key []byte
		warning   string // "" for none
	}{
		"with its chain":       {slices.Concat(between.sign(guide, key), chain), textOf(t, key), ""},
		"with the root too":    {slices.Concat(between.sign(guide, key), chain, certText(root.cert.Raw)), textOf(t, key), ""},
		"RSA, PKCS #1":         {slices.Concat(between.sign(guide, rsaKey), chain), pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}), ""},
		"an old form of key":   {slices.Concat(between.sign(guide, key), chain), oldKey, ""},
		"with words around it": {slices.Concat([]byte("Your certificate\r\n"), between.sign(guide, key), []byte("\r\n\r\n"), chain, []byte("bye")), textOf(t, key), ""},
		"a wildcard":           {slices.Concat(between.sign("*.example.org", key), chain), textOf(t, key), ""},
		"without its chain":    {between.sign(guide, key), textOf(t, key), "The certificate of “Between”"},
		"of a stranger":        {slices.Concat(stranger.sign(guide, key), certText(stranger.cert.Raw)), textOf(t, key), "may not know the authority “Stranger”"},
		"ends soon":            {slices.Concat(between.sign(guide, key, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(5 * day24) }), chain), textOf(t, key), "ends soon"},
	} {
		t.Run(name, func(t *testing.T) {
			k := open(t, t.TempDir(), func(c *Config) { c.Roots = root.pool() })
			warnings, err := k.Upload(guide, c.cert, c.key)
			if err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(warnings, " "); (all != "") != (c.warning != "") || !strings.Contains(all, c.warning) {
				t.Errorf("warnings: %q", warnings)
			}
		})
	}
}

func TestUpload_CountsBeforeAllOthersUntilItEnds(t *testing.T) {
	root := newAuthority(t, "Root")
	now := time.Now()
	k := open(t, t.TempDir(), func(c *Config) { c.Now = func() time.Time { return now } })
	key := newTestKey(t)
	k.Want(wanting("guide.sites.example.org", "wiki.sites.example.org"))
	work(t, k)
	own := k.Certificates()
	if len(own) != 2 {
		t.Fatalf("got %v", own)
	}
	if _, err := k.Upload("guide.sites.example.org", root.sign("guide.sites.example.org", key), textOf(t, key)); err != nil {
		t.Fatal(err)
	}
	work(t, k)
	if s := statusIn(k, "guide.sites.example.org"); s.Source != Uploaded || s.State != Valid || len(s.Warnings) == 0 {
		t.Errorf("after the upload: %+v", s)
	}
	if got := k.Certificates(); got["guide.sites.example.org"] == own["guide.sites.example.org"] || got["wiki.sites.example.org"] != own["wiki.sites.example.org"] {
		t.Errorf("after the upload: %v", got)
	}
	now = now.Add(80 * day24)
	if s := statusIn(k, "guide.sites.example.org"); s.State != Ending {
		t.Errorf("ten days before its end: %+v", s)
	}
	now = now.Add(11 * day24)
	if s := statusIn(k, "guide.sites.example.org"); s.State != Ended {
		t.Errorf("after its end: %+v", s)
	}
	work(t, k)
	if s := statusIn(k, "guide.sites.example.org"); s.Source != OwnCA || s.State != Valid {
		t.Errorf("later: %+v", s)
	}
}

func TestWithdraw_GivesTheHostWhatAllOthersHave(t *testing.T) {
	k := open(t, t.TempDir())
	key := newTestKey(t)
	name := seedbed.HostName("guide.sites.example.org")
	if _, err := k.Upload(name, newAuthority(t, "Root").sign(string(name), key), textOf(t, key)); err != nil {
		t.Fatal(err)
	}
	k.Want(wanting(name))
	work(t, k)
	if s := statusIn(k, name); s.Source != Uploaded {
		t.Fatalf("got %+v", s)
	}
	if err := k.Withdraw(name); err != nil {
		t.Fatal(err)
	}
	work(t, k)
	if s := statusIn(k, name); s.Source != OwnCA || s.State != Valid || len(s.Warnings) != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestUpload_OneThatIsDamagedHoldsUpNoOther(t *testing.T) {
	k := open(t, t.TempDir())
	root, names := newAuthority(t, "Root"), []seedbed.HostName{"a.sites.example.org", "b.sites.example.org"}
	upload := func(name seedbed.HostName) {
		key := newTestKey(t)
		if _, err := k.Upload(name, root.sign(string(name), key), textOf(t, key)); err != nil {
			t.Fatal(err)
		}
	}
	upload(names[0])
	k.Want(wanting(names...))
	work(t, k)
	damage(t, k.files.uploadFile(names[0]))
	upload(names[1])
	work(t, k)
	for _, name := range names {
		if s := statusIn(k, name); s.Source != Uploaded || s.State != Valid {
			t.Errorf("got %+v", s)
		}
	}
}

func FuzzUpload(f *testing.F) {
	p, err := (&Keeper{Config: Config{}.withDefaults()}).newFallback()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.chain, p.key)
	f.Add(slices.Concat(p.chain, p.chain), p.chain)
	f.Fuzz(func(t *testing.T, cert, key []byte) {
		c := check{name: guide, now: time.Now(), roots: x509.NewCertPool()}
		p, err := c.read(cert, key)
		if err != nil {
			if len(seedbed.Mistakes(err)) != 1 {
				t.Fatalf("no sentence for %v", err)
			}
			return
		}
		c.warnings(p)
	})
}
