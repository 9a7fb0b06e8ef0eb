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
// reach. What is due is done by asking Apache itself.
add_filter( 'cron_request', function ( array $request ): array {
	$request['url'] = str_replace( WP_HOME, 'http://127.0.0.1:8080', $request['url'] );
	$request['args']['headers']['Host'] = preg_replace( '~^https?://~', '', WP_HOME );
	return $request;
} );
