package dev.tokenledger.bench;
