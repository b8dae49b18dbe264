// Package audit reads live consumers. It only asks, and changes nothing.
//
// The path of a consumer: [Dial] connects as a URL or a context of the NATS tools says; [Conn.Find] reads the settings
// of a stream and a consumer (live.go); [Live.Observe] asks for their state again and again (observe.go); [Measure] makes
// rates, levels and bounds of the samples, and guesses nothing (measure.go, little.go, arrivals.go); [Live.Scenario]
// writes a scenario of all that, where what cannot be known is a question with an assumption (assume.go, scenario.go).
//
// The subjects that are asked: STREAM.INFO and CONSUMER.INFO of the one stream and consumer, and only where one of them
// does not exist, STREAM.NAMES or CONSUMER.NAMES, for the nearest name. One of them is not quite without effect: at
// CONSUMER.INFO the server forgets pulls that have expired or whose client is gone (consumer.infoWithSnapAndReply calls
// processWaiting), which it would otherwise find out when their turn comes. So a consumer that is observed does not pin a
// client that is gone.
package audit
