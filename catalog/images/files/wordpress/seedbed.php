<?php
/*
 * Plugin Name: Seedbed
 * Description: Fits WordPress into its container. It is part of the image.
 */

// There is no mail server to count on: nothing is sent, and nothing waits.
add_filter( 'pre_wp_mail', '__return_false' );

// WordPress itself comes with the image and is brought up to date with it.
add_filter( 'map_meta_cap', function ( array $caps, string $cap ): array {
	return in_array( $cap, [ 'update_core', 'update_languages', 'install_languages' ], true ) ? [ 'do_not_allow' ] : $caps;
}, 10, 2 );
add_filter( 'pre_site_transient_update_core', function () {
	return (object)[ 'updates' => [], 'version_checked' => get_bloginfo( 'version' ), 'last_checked' => time() ];
} );

// The site's address leads to the machine's nginx, which the container need not
// reach; a name below localhost is the container itself there. What WordPress
// asks itself, such as to do what is due, it asks its own Apache.
add_filter( 'pre_http_request', function ( $answer, array $args, string $url ) {
	if ( $answer !== false || !str_starts_with( $url, WP_HOME . '/' ) ) {
		return $answer;
	}
	if ( !is_array( $args['headers'] ) ) {
		$args['headers'] = WP_Http::processHeaders( $args['headers'] )['headers'];
	}
	$args['headers']['Host'] = preg_replace( '~^https?://~', '', WP_HOME );
	$args['reject_unsafe_urls'] = false; // it is made here, and is no one else's
	return wp_remote_request( 'http://127.0.0.1:8080' . substr( $url, strlen( WP_HOME ) ), $args );
}, 10, 3 );
