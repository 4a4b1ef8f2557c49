package proxy_test

import (
	"fmt"
	"time"

	"xmppscope/proxy"
)

// A Core does nothing by itself: it is told what happened and says what to do.
func ExampleCore() {
	mode, err := proxy.ParseMode("reverse:[::1]:5222")
	if err != nil {
		fmt.Println(err)
		return
	}
	core := proxy.NewCore(proxy.Policy{Mode: mode, Domain: "capulet.example"})
	now := time.Now()
	core.Handle(now, proxy.Accepted{})
	out := core.Handle(now, proxy.Received{Leg: proxy.Client, Chunk: []byte("<stream:stream ")})
	fmt.Printf("%T, then %v\n", out.Actions[0], core.State())
	// Output: proxy.Dial, then Dialing
}
