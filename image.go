package seedbed

// ImageState is how far one of the catalog's images is.
type ImageState struct {
	Ready bool // containers can be made from it
	// Trouble says why it could not be made, if that was tried and failed. It is
	// tried again; until it has failed the image is being prepared.
	Trouble string
}
