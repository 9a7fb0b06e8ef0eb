<?php
// Answers 200 if Apache and PHP run. It does not ask the database: that is
// shared, and starting every wiki anew because it is away would help none of
// them. Whether the wiki itself answers is asked at its first page.
header( 'Content-Type: text/plain; charset=utf-8' );
header( 'Cache-Control: no-store' );
echo "ok\n";
