/** What the OpenAPI document says beyond what annotations of resources do. */
@NullMarked
package dev.tokenledger.platform.openapi;

import org.jspecify.annotations.NullMarked;
