/*
 * pem_samples.h - keys and certificates made for tests; they guard nothing
 */
#ifndef MAILFIX_TESTS_UNIT_PEM_SAMPLES_H
#define MAILFIX_TESTS_UNIT_PEM_SAMPLES_H

static const char sample_rsa_pkcs8[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALhar1hgJx7kWyUc\n"
    "Z0maX3nn1hSGxdY14l+IBqnuT1DlGi91ruTKaLoXxhtC77igpTnt3ReBLwufGiiw\n"
    "0gaPgjWfe2FE4QcSgrvqcfgVKJNQ7MIMtw5vmJDOXRAdPphbTXWaJo/kGxv210AW\n"
    "4I0a1/MIuumOn28I3xYG4xC8BWf5AgMBAAECgYA6crXpBQMiLjAfgfPVSBZBJhmf\n"
    "hGMw2QCeXRgPxDhtY1V7+omqi+nMJkFu3zf1hykbRqi0DQcHXjgC8pyD6/fR0aU4\n"
    "VVNHaJC//JLQEx5h9vZRjN8zidc8ijLCaAj9U5vh1lc5WQvvX5QjWzCWEXYyIauZ\n"
    "OkMi6jZ2WX/flsWUAQJBAPWkDnoHSBnqHNafzsd8lo/3hD51kQ2Sqeyfi2ZzrU7K\n"
    "1GiNZLtTGtCf9c9jDRQUlgNNEpH331O0TqIFKalIOcECQQDAIPoZ4WaCnGjM94jQ\n"
    "gyShtYl3BA24O+L4hIPqbIZOqFzPnGA1gU2RgsewGAknzddLMTxD1tVzdL7eWK10\n"
    "G4w5AkAcCTV9yAb6rjXMaUD4k8e7dsypNFHx8qNiVnNapilJrOzBYiH1H28YEKnF\n"
    "mdCMUi0tA0bzUg8zRokTBPPUVmIBAkEAtbE586mmQNRbg6J/3vh2dvrvsf7CXr07\n"
    "qtveyJ2y8cXkZ22xykeqrHYqE8zXM65E8NXx8RHEsDfynODtv8SheQJAJ8llPNO2\n"
    "8LI14MvDPmQSSsNNDGHwrdxZMH2T+XkCbGET6lGaZfwyjVqnQnOQgxYV5rv0O/3T\n"
    "n+GzKvqejhy9wQ==\n"
    "-----END PRIVATE KEY-----\n";

static const char sample_rsa_pkcs1[] =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIICXAIBAAKBgQC4Wq9YYCce5FslHGdJml9559YUhsXWNeJfiAap7k9Q5Rovda7k\n"
    "ymi6F8YbQu+4oKU57d0XgS8LnxoosNIGj4I1n3thROEHEoK76nH4FSiTUOzCDLcO\n"
    "b5iQzl0QHT6YW011miaP5Bsb9tdAFuCNGtfzCLrpjp9vCN8WBuMQvAVn+QIDAQAB\n"
    "AoGAOnK16QUDIi4wH4Hz1UgWQSYZn4RjMNkAnl0YD8Q4bWNVe/qJqovpzCZBbt83\n"
    "9YcpG0aotA0HB144AvKcg+v30dGlOFVTR2iQv/yS0BMeYfb2UYzfM4nXPIoywmgI\n"
    "/VOb4dZXOVkL71+UI1swlhF2MiGrmTpDIuo2dll/35bFlAECQQD1pA56B0gZ6hzW\n"
    "n87HfJaP94Q+dZENkqnsn4tmc61OytRojWS7UxrQn/XPYw0UFJYDTRKR999TtE6i\n"
    "BSmpSDnBAkEAwCD6GeFmgpxozPeI0IMkobWJdwQNuDvi+ISD6myGTqhcz5xgNYFN\n"
    "kYLHsBgJJ83XSzE8Q9bVc3S+3litdBuMOQJAHAk1fcgG+q41zGlA+JPHu3bMqTRR\n"
    "8fKjYlZzWqYpSazswWIh9R9vGBCpxZnQjFItLQNG81IPM0aJEwTz1FZiAQJBALWx\n"
    "OfOppkDUW4Oif974dnb677H+wl69O6rb3sidsvHF5GdtscpHqqx2KhPM1zOuRPDV\n"
    "8fERxLA38pzg7b/EoXkCQCfJZTzTtvCyNeDLwz5kEkrDTQxh8K3cWTB9k/l5Amxh\n"
    "E+pRmmX8Mo1ap0JzkIMWFea79Dv905/hsyr6no4cvcE=\n"
    "-----END RSA PRIVATE KEY-----\n";

static const char sample_phrase[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIIC3TBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIWK7sfFzscikCAggA\n"
    "MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAECBBB2STAih1EEmr2cLekiQILmBIIC\n"
    "gMqL0gpsgVppiuFmmuKppQiyzdlCESL4RTUmTqHV5R4IJ4CuPLuaaqlAM4Nh9ZIX\n"
    "sxNZPQf4PhBYxT2mo+Ivars4EArdRnSLqLPoDGyJKjyp7VCtvhpxVFU+ZQ7DlSVm\n"
    "aCGk/DhvWOO/TwbsPEuSMNqcaQ2ElT8OmrV0mHf6x9x0ezU0335r5pRW1ATLp7g0\n"
    "z0dBkZxFx97YgaYelcHRrwnADmmAtWaFn8xtLvUpY7pS4l0gxDlN02ymoA+YS6Nm\n"
    "YMkY518sxi4DrC0uR1DEAcGCpu40K0ct6Z5N45GREPWwQ5jGw/rAYbd3yHjy1nDF\n"
    "KIfOWvBqAR/c6I7NCkSw1ape8nIN0hOGBWl7yX90u7R0zKr24630fQcKGJqys9rx\n"
    "rcTPlzGanJYZvb81y0ohXmVTsEIF06uXyMOx+q++dsTyCSkpFjXgGYUwxf20oA5d\n"
    "d0f26i6jnQwCaA8bnLWUlm6Kmq3ppBbKzimWGUkaYwqPlAY6a2+XOUQJ0vEXAd2M\n"
    "LUsOKMzTpK3xOPtSyFHd5eAczB7HbFt7u69oaU1sdEi61lPId82Ognr7Fq3S42OY\n"
    "BqDd+YUZnfwtk5+VFU5iDWOHzpn0PeFPtcblFuBm4odIQE36ZWMYy4bFl0O6oFIt\n"
    "5uYW0zbUZPhiP5mZRa+cAIi2EsQuQP9iYZeeHgWfu2bW5OswAenBAVn1lXWWeOJ/\n"
    "+VA0pWi+6+wPkp1rxDQ0lquv4D24cEnZ4gfAhLQic796hEYGDq6A5kOvGzd6kqcb\n"
    "n2M8KZVNRZ3uUxR00DHcV84Fs3rgL2vQRO8xuxQ1XueC6mdzRzaue9f19TV0CJLX\n"
    "QqL4PV4B3259OA+Ds4Wnqc8=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

static const char sample_ec[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEILVzHltACtH7s5ahiG1bkFOk2RF2xJZTqD1q7LrhIObOoAoGCCqGSM49\n"
    "AwEHoUQDQgAENg3hE7txmVnOpUoC1gWfocWANJtaa6KqQ2T7RHsU2uVQ7YaIXPuy\n"
    "81vY1aztFiAD1zKLBzxRdwOSBCEWp3PsAg==\n"
    "-----END EC PRIVATE KEY-----\n";

static const char sample_rsa_public[] =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC4Wq9YYCce5FslHGdJml9559YU"
    "hsXWNeJfiAap7k9Q5Rovda7kymi6F8YbQu+4oKU57d0XgS8LnxoosNIGj4I1n3th"
    "ROEHEoK76nH4FSiTUOzCDLcOb5iQzl0QHT6YW011miaP5Bsb9tdAFuCNGtfzCLrp"
    "jp9vCN8WBuMQvAVn+QIDAQAB";

static const char sample_ec_public[] =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENg3hE7txmVnOpUoC1gWfocWANJta"
    "a6KqQ2T7RHsU2uVQ7YaIXPuy81vY1aztFiAD1zKLBzxRdwOSBCEWp3PsAg==";

static const char sample_leaf[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB+jCCAZ+gAwIBAgIUd1woTkOEolbvLbvQ7giEhzwJm7MwCgYIKoZIzj0EAwIw\n"
    "FjEUMBIGA1UEAwwLVGVzdCBJc3N1ZXIwIBcNMjYxMTIzMDIxMTE4WhgPMjEyNTA2\n"
    "MTcwMjExMThaMBoxGDAWBgNVBAMMD214MS5leGFtcGxlLmNvbTCBnzANBgkqhkiG\n"
    "9w0BAQEFAAOBjQAwgYkCgYEAuFqvWGAnHuRbJRxnSZpfeefWFIbF1jXiX4gGqe5P\n"
    "UOUaL3Wu5MpouhfGG0LvuKClOe3dF4EvC58aKLDSBo+CNZ97YUThBxKCu+px+BUo\n"
    "k1Dswgy3Dm+YkM5dEB0+mFtNdZomj+QbG/bXQBbgjRrX8wi66Y6fbwjfFgbjELwF\n"
    "Z/kCAwEAAaN+MHwwLwYDVR0RBCgwJoIPbXgxLmV4YW1wbGUuY29thwTAAAIBgg0q\n"
    "LmV4YW1wbGUuY29tMAkGA1UdEwQCMAAwHQYDVR0OBBYEFF2f/YBOhONMDXIO0E9M\n"
    "dY1U3qCkMB8GA1UdIwQYMBaAFKRNvkZlHq3oYQZaXe1nMpJn6Rr0MAoGCCqGSM49\n"
    "BAMCA0kAMEYCIQCgrng6xviuhf5PbVfhASVpe0BiauQIMnie1Ws0IKDxAgIhAKG4\n"
    "R+yH5GSsR1gcv8YMY7RopSyxcvGjP3j0f37SxQ71\n"
    "-----END CERTIFICATE-----\n";

static const char sample_issuer[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBhDCCASmgAwIBAgIUNO+YfwYXN//OtMZSiEV8xL2dMCcwCgYIKoZIzj0EAwIw\n"
    "FjEUMBIGA1UEAwwLVGVzdCBJc3N1ZXIwIBcNMjYxMTIzMDIxMTE4WhgPMjEyNjEw\n"
    "MzAwMjExMThaMBYxFDASBgNVBAMMC1Rlc3QgSXNzdWVyMFkwEwYHKoZIzj0CAQYI\n"
    "KoZIzj0DAQcDQgAENg3hE7txmVnOpUoC1gWfocWANJtaa6KqQ2T7RHsU2uVQ7YaI\n"
    "XPuy81vY1aztFiAD1zKLBzxRdwOSBCEWp3PsAqNTMFEwHQYDVR0OBBYEFKRNvkZl\n"
    "Hq3oYQZaXe1nMpJn6Rr0MB8GA1UdIwQYMBaAFKRNvkZlHq3oYQZaXe1nMpJn6Rr0\n"
    "MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhALN19kOv5QN2XI5S\n"
    "sPt+fjcePG+udnRMspiRb6C4kRoMAiEAuS13wpucJ+Ghr30ct9uvF+NGsPIcFpRQ\n"
    "Op85OxsrWLU=\n"
    "-----END CERTIFICATE-----\n";

static const char sample_leaf_sha256[] =
    "e956a28f00c61cbb998bfa1ad43f92cfa18decf31eb2ae7714643565333ffc16";

static const char sample_leaf_sha512[] =
    "ec20cf608983b7ef350af9ebba06b19e5ffcf3100b2153f87cf51d24f0e37a0a"
    "810250b44a1cb5bdff6cdedd9dfdbed0393b99f47ed5baa0dd9d188ac299ef18";

static const char sample_leaf_spki_sha256[] =
    "581f425824a78c2ebd10eaf7ea6a865d963abc25ccf1adb805d902c8c28fb69a";

static const char sample_leaf_spki_sha512[] =
    "fe6f5cdf68f8c305e48784f497727ae8f72c96ac8a3254987e7fe7f5a65b78b2"
    "08e04caa62f1eda850aa141ba9250db283a2a1399c695b6c4fce82eac87b6c74";

#define SAMPLE_LEAF_NOT_AFTER      4905799878
#define SAMPLE_LEAF_NOT_AFTER_TEXT "2125-06-17T02:11:18Z"

#endif
