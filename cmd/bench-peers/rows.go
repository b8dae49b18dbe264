package main

import (
	"fmt"
	"strconv"
)

// What is measured.
const (
	opSync    = "publish sync"
	opAsync   = "publish async"
	opConsume = "consume"
	opFetch   = "fetch"
)

// batch is the window of asynchronous publishers, and how many messages a consuming client buffers or fetches: the
// default of nats bench.
const batch = 500

// row is one line of the table.
type row struct {
	op      string
	size    int // bytes
	clients int
}

func rows() []row {
	var all []row
	for _, op := range []string{opSync, opAsync, opConsume, opFetch} {
		for _, size := range []int{128, 1024} {
			for _, clients := range []int{1, 4} {
				all = append(all, row{op, size, clients})
			}
		}
	}
	return all
}

func (r row) name() string { return fmt.Sprintf("%s, %d B, %d clients", r.op, r.size, r.clients) }

func (r row) publishes() bool { return r.op == opSync || r.op == opAsync }

// options are those that both programs get.
func (r row) options() string {
	switch r.op {
	case opSync:
		return "one message without an answer"
	case opAsync:
		return fmt.Sprintf("up to %d messages without an answer", batch)
	case opConsume:
		return fmt.Sprintf("PullMaxMessages %d, ack each", batch)
	}
	return fmt.Sprintf("Fetch %d, ack each", batch)
}

// natsArgs are the words of nats bench.
func (r row) natsArgs(n int) []string {
	common := []string{"--msgs", strconv.Itoa(n), "--clients", strconv.Itoa(r.clients), "--no-progress", "--stream", natsStream}
	size := []string{"--size", strconv.Itoa(r.size)}
	publish := []string{"pindrop.k0", "--create", "--purge", "--storage", "file", "--maxbytes", "4GB"}
	consume := []string{"--acks", "explicit", "--batch", strconv.Itoa(batch)}
	words := []string{"bench", "js"}
	switch r.op {
	case opSync:
		words = append(append(append(words, "pub", "sync"), publish...), size...)
	case opAsync:
		words = append(append(append(words, "pub", "async", "--batch", strconv.Itoa(batch)), publish...), size...)
	case opConsume:
		words = append(append(words, "consume"), consume...)
	case opFetch:
		words = append(append(words, "fetch"), consume...)
	}
	return append(words, common...)
}

// scenario is the same for pindrop.
func (r row) scenario(url string, n int) string {
	head := fmt.Sprintf("name: peers\nclock: real\nserver: {mode: external, url: %q}\nstream: {storage: file}\nsample: off\n", url)
	if r.publishes() {
		window := 1
		if r.op == opAsync {
			window = batch
		}
		// As long as nats bench takes, and a little more: nobody waits for publishers that are done before.
		return head + fmt.Sprintf("publishers: [{count: %d, window: %d, total: %d, size: %d}]\nworkers: []\n"+
			"phases: {warmup: 0s, disturb: %s, drain: 10s}\n", r.clients, window, n/r.clients, r.size, publishTime)
	}
	api := "consume"
	if r.op == opFetch {
		api = "fetch"
	}
	return head + fmt.Sprintf("consumer: {max_ack_pending: %d}\npublishers: [{count: 4, backlog: %d, size: %d}]\n"+
		"workers: [{name: w, count: %d, api: %s, batch: %d, expires: 30s, service: 0s, jitter: 0}]\n"+
		"phases: {warmup: 0s, disturb: 100ms, drain: 120s}\n", batch*r.clients, n, r.size, r.clients, api, batch)
}
