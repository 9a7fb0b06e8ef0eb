<?php
// Run by the entrypoint as the web server's user: makes WordPress's tables with
// the first account, or brings them to what this WordPress needs. The first
// argument says which.
define( 'WP_INSTALLING', true );
$_SERVER['HTTP_HOST'] = preg_replace( '~^https?://~', '', getenv( 'SITE_URL' ) );
$_SERVER['REQUEST_URI'] = '/';
require '/usr/share/wordpress/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

// locale is the language as WordPress calls it; English has no name there.
function locale(): string {
	$wanted = getenv( 'SITE_LANGUAGE' ) ?: 'en';
	$names = [ 'es' => 'es_ES', 'fr' => 'fr_FR', 'id' => 'id_ID', 'pt' => 'pt_PT', 'ru' => 'ru_RU', 'zh-cn' => 'zh_CN' ];
	$locale = $names[$wanted] ?? $wanted;
	return in_array( $locale, get_available_languages(), true ) ? $locale : '';
}

if ( $argv[1] === 'install' ) {
	$mail = 'admin@' . preg_replace( '~:\d+$~', '', $_SERVER['HTTP_HOST'] );
	wp_install( getenv( 'SITE_TITLE' ), 'admin', $mail, getenv( 'SITE_SEARCH' ) === 'on', '', getenv( 'SITE_ADMIN_PASSWORD' ), locale() );
	update_option( 'permalink_structure', '/%year%/%monthnum%/%postname%/' );
	flush_rewrite_rules();
} else {
	wp_upgrade();
}

// What the portal decides is written when it has changed there; between, people
// may change it in WordPress.
$wanted = [ 'blogname' => getenv( 'SITE_TITLE' ), 'blog_public' => getenv( 'SITE_SEARCH' ) === 'on' ? '1' : '0', 'WPLANG' => locale() ];
$last = get_option( 'seedbed_settings', [] );
foreach ( $wanted as $name => $value ) {
	if ( ( $last[$name] ?? null ) !== $value ) {
		update_option( $name, $value );
	}
}
update_option( 'seedbed_settings', $wanted );
