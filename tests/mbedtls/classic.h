/* Appended to mbedTLS's configuration: nothing. The defaults of 3.6: TLS 1.2 and 1.3, classic
   cryptography, mbedTLS checks certificate dates itself. */
