package dev.tokenledger.aggregation;
