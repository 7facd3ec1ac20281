/**
 * The side of a process that strangers meet: how many connections there are, how long headers and
 * bodies may take, how large they may be. Nothing in here knows keys, events or problems of a
 * service; the gateway and the services share it.
 */
@NullMarked
package dev.tokenledger.edge;

import org.jspecify.annotations.NullMarked;
