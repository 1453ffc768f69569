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

package io.github.bootmesh.tls;

import java.util.function.Consumer;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;

/**
 * The open mesh connections of this process. Connections whose trust has ended (root
 * gone, certificate over) are told to drain and are closed at the end of the drain time.
 */
public final class OpenConnections {

	/**
	 * What to do when a channel is to drain: finish what is in flight, take nothing new,
	 * close. Set by whoever speaks the protocol on the channel; without it the channel is
	 * closed at once.
	 */
	public static final AttributeKey<Consumer<Channel>> DRAIN = AttributeKey.valueOf(OpenConnections.class, "DRAIN");

	OpenConnections() {
	}

	// Accepted connections now open.
	public int inbound() {
		throw new UnsupportedOperationException("not built yet");
	}

	// Dialled connections now open.
	public int outbound() {
		throw new UnsupportedOperationException("not built yet");
	}

}
