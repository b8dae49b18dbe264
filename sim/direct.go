package sim

import (
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
)

// directBatch is how many messages are asked for at once.
const directBatch = 1000

// direct reads all messages of a stream by direct gets, oldest first.
func direct(nc *nats.Conn, api, stream string, each func(*nats.Msg) error) error {
	inbox := nc.NewInbox()
	answers, err := nc.SubscribeSync(inbox)
	if err != nil {
		return err
	}
	defer answers.Unsubscribe()
	for next, more := uint64(1), true; more; {
		request := fmt.Appendf(nil, `{"seq":%d,"batch":%d}`, next, directBatch)
		if err := nc.PublishRequest(api+"DIRECT.GET."+stream, inbox, request); err != nil {
			return err
		}
		read, last, err := directOf(answers, each)
		if err != nil {
			return fmt.Errorf("from sequence %d: %w", next, err)
		}
		next, more = last+1, read == directBatch
	}
	return nil
}

// directOf reads what one request is answered with: messages, then a status that says that these were all (204), or that
// there are none (404).
func directOf(answers *nats.Subscription, each func(*nats.Msg) error) (count int, last uint64, err error) {
	for {
		msg, err := answers.NextMsg(apiTimeout)
		if err != nil {
			return count, last, err
		}
		switch status := msg.Header.Get("Status"); status {
		case "":
		case "204", "404":
			return count, last, nil
		default:
			return count, last, fmt.Errorf("status %s: %s", status, msg.Header.Get("Description"))
		}
		if last, err = strconv.ParseUint(msg.Header.Get("Nats-Sequence"), 10, 64); err != nil {
			return count, last, err
		}
		if err := each(msg); err != nil {
			return count, last, err
		}
		count++
	}
}
