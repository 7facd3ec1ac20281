/** Postgres: pools by role, migrations, tenants' transactions, COPY. */
@NullMarked
package dev.tokenledger.platform.database;

import org.jspecify.annotations.NullMarked;
