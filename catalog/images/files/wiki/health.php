<?php
// Answers 200 if PHP runs and the wiki's own tables can be read, else 503.
require __DIR__ . '/database.php';

header( 'Content-Type: text/plain; charset=utf-8' );
header( 'Cache-Control: no-store' );
try {
	seedbed_query( seedbed_connect( 3 ), 'SELECT page_id FROM mediawiki.page LIMIT 1' );
	echo "ok\n";
} catch ( RuntimeException $e ) {
	http_response_code( 503 );
	echo "The database does not answer.\n";
}
