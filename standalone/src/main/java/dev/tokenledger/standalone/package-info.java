package dev.tokenledger.standalone;
