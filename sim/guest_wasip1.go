package sim

import "io"

// guestChild has no guest inside a guest.
func guestChild(io.Reader, io.Writer, io.Writer) int { return exitFailed }
