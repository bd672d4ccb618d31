import { BlockList, isIP } from "node:net";
import { configError, shown } from "../../core/setting-errors.ts";

/**
 * Addresses that are not the public Internet: this host, private networks, link-local (cloud metadata), shared,
 * documentation, benchmarking, multicast, reserved, and those that carry an IPv4 address inside. Sources: the IANA
 * special-purpose address registries (RFC 6890 and its successors).
 */
const RESERVED = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/96",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];

const reserved = rangesOf(RESERVED, "reserved");

/** Whether a connection to an address is allowed. Text that is no address is not. */
export type AddressCheck = (address: string) => boolean;

/**
 * @param exempt CIDR ranges that are allowed although they are not public
 * @throws CodecellError `config_error`
 */
export function addressCheck(exempt: readonly string[], at: string): AddressCheck {
  const allowed = rangesOf(exempt, at);
  return (address) => {
    const kind = isIP(address);
    if (kind === 0 || address.includes("%")) return false;
    const family = kind === 6 ? "ipv6" : "ipv4";
    return allowed.check(address, family) || !reserved.check(address, family);
  };
}

function rangesOf(ranges: readonly string[], at: string): BlockList {
  const list = new BlockList();
  for (const [index, range] of ranges.entries()) {
    const [, address, bits] = /^([^/]+)\/(\d{1,3})$/.exec(range) ?? [];
    const kind = address === undefined ? 0 : isIP(address);
    const prefix = Number(bits);
    if (kind === 0 || prefix > (kind === 6 ? 128 : 32)) {
      throw configError(
        `${at}[${index}] is ${shown(range)}; it must be a range such as "10.1.0.0/16"`,
      );
    }
    list.addSubnet(address!, prefix, kind === 6 ? "ipv6" : "ipv4");
  }
  return list;
}
