/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh.relay;

import java.net.InetSocketAddress;

import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;

/**
 * An upstream and the public listeners of its two instances in a process of their own,
 * which ends when it is told a byte.
 */
public final class RelayProcess {

	private RelayProcess() {
	}

	/**
	 * Says the upstream's port.
	 * @param args the port of the application
	 */
	public static void main(String[] args) throws Exception {
		try (RelayTestbed testbed = new RelayTestbed()) {
			MeshTls ledger = testbed.tls("ledger", PeerAdmission.EVERY_VERIFIED_PEER);
			testbed.ledger("l1", Integer.parseInt(args[0]), ledger);
			testbed.ledger("l2", Integer.parseInt(args[0]), ledger);
			InetSocketAddress address = (InetSocketAddress) testbed.upstream(RelayTestbed.PATIENT).start();
			System.out.println("PORT " + address.getPort());
			System.in.read();
		}
	}

}
