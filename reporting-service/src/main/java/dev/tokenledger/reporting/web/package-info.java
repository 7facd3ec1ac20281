/** The pages that people see: static files, and what their answers carry. */
@NullMarked
package dev.tokenledger.reporting.web;

import org.jspecify.annotations.NullMarked;
