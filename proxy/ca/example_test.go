package ca_test

import (
	"crypto/tls"
	"fmt"

	"xmppscope/proxy/ca"
)

func Example() {
	authority, err := ca.New() // or ca.Open(ca.DefaultDir())
	if err != nil {
		panic(err)
	}
	chain := ca.Chain{Authority: authority}
	config := &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return chain.Certificate(hello.ServerName)
	}}
	cert, err := config.GetCertificate(&tls.ClientHelloInfo{ServerName: "bücher.example"})
	if err != nil {
		panic(err)
	}
	fmt.Println(cert.Leaf.DNSNames, cert.Leaf.Issuer.Organization)
	// Output: [xn--bcher-kva.example] [xmppscope]
}
