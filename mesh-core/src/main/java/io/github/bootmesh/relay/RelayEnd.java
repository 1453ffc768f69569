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

import java.net.StandardSocketOptions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.LongAdder;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One side of a relay: the last handler of its channel, which does not read by itself. It
 * is read on when what came has room at the other side. What comes before the sides are
 * joined is kept, and a side that waits is not read.
 */
abstract class RelayEnd extends ChannelInboundHandlerAdapter {

	private static final Logger logger = LoggerFactory.getLogger(RelayEnd.class);

	// That of the JDK, which also keeps it from ending its direction of a Unix socket
	// before it closes it: who waits for bytes there would be told that it was all.
	private static final ChannelOption<Integer> LINGER = NioChannelOption.of(StandardSocketOptions.SO_LINGER);

	private final Channel channel;

	private final LongAdder traffic;

	private final ChannelFutureListener written = this::written;

	private final Deque<ByteBuf> early = new ArrayDeque<>();

	private @Nullable Relay relay;

	// Bytes of the other side's that are not written yet, as a number of buffers.
	private int unwritten;

	// Whether the other side is read on when they are.
	private boolean awaited;

	private boolean inputEnded;

	private boolean outputEnded;

	private long received;

	/**
	 * Makes an end.
	 * @param traffic counts the bytes that come from it
	 */
	RelayEnd(Channel channel, LongAdder traffic) {
		this.channel = channel;
		this.traffic = traffic;
	}

	/**
	 * Says that nothing more will be sent, once everything was. Calls
	 * {@link #endedOutput()} then.
	 */
	abstract void sendEnd();

	/**
	 * Whether an end without a byte may mean that the other side judged us.
	 */
	boolean mayRefuse() {
		return false;
	}

	final Channel channel() {
		return this.channel;
	}

	final long received() {
		return this.received;
	}

	final boolean inputEnded() {
		return this.inputEnded;
	}

	final boolean outputEnded() {
		return this.outputEnded;
	}

	final boolean isAlive() {
		return this.channel.isActive();
	}

	final @Nullable Relay relay() {
		return this.relay;
	}

	/**
	 * From here on whatever closes the channel resets it, the end of the process as well,
	 * but {@link #close()}.
	 */
	final void join(Relay relay) {
		this.relay = relay;
		linger(this.channel, 0);
	}

	/**
	 * Closes a channel of which both directions have ended.
	 */
	final void close() {
		linger(this.channel, -1);
		this.channel.close();
	}

	final void begin() {
		Relay joined = this.relay;
		if (joined == null || joined.over()) {
			return;
		}
		RelayEnd other = joined.otherThan(this);
		for (ByteBuf bytes = this.early.poll(); bytes != null; bytes = this.early.poll()) {
			other.send(bytes);
		}
		other.channel.flush();
		readOn(other);
		begun();
	}

	/**
	 * The sides are joined: what has ended before is told once more.
	 */
	void begun() {
	}

	/**
	 * The other side has ended: nothing more is to be sent to this one.
	 */
	void endOutput(Relay relay) {
		sendEnd();
	}

	/**
	 * Everything was sent, and that it was. Also when nothing more can be.
	 */
	final void endedOutput() {
		this.outputEnded = true;
		if (this.relay != null) {
			this.relay.outputEnded();
		}
	}

	/**
	 * Everything came that will. Told again once the sides are joined if that was before.
	 */
	void endedInput() {
		Relay joined = this.relay;
		if (joined != null && !this.inputEnded) {
			this.inputEnded = true;
			joined.inputEnded(this);
		}
	}

	final void failed(RelayOutcome outcome) {
		if (this.relay != null) {
			this.relay.failed(this, outcome);
		}
		else {
			reset();
		}
	}

	final void reset() {
		reset(this.channel);
	}

	/**
	 * Ends a connection so that nobody takes it for complete. Past its TLS, which would
	 * say goodbye first.
	 */
	static void reset(Channel channel) {
		if (channel.isOpen()) {
			linger(channel, 0);
			channel.unsafe().close(channel.voidPromise());
		}
	}

	private static void linger(Channel channel, int seconds) {
		try {
			channel.config().setOption(LINGER, seconds);
		}
		catch (ChannelException ex) {
			logger.debug("{} was reset by the other side first", channel, ex);
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object message) {
		ByteBuf bytes = (ByteBuf) message;
		this.received += bytes.readableBytes();
		this.traffic.add(bytes.readableBytes());
		Relay joined = this.relay;
		if (joined == null) {
			this.early.add(bytes);
		}
		else if (joined.over()) {
			bytes.release();
		}
		else {
			joined.otherThan(this).send(bytes);
		}
	}

	private void send(ByteBuf bytes) {
		if (this.outputEnded) {
			bytes.release();
		}
		else {
			this.unwritten++;
			this.channel.write(bytes).addListener(this.written);
		}
	}

	private void written(ChannelFuture written) {
		this.unwritten--;
		if (written.isSuccess()) {
			moved();
			if (this.unwritten == 0 && this.awaited) {
				this.awaited = false;
				readOther();
			}
		}
		else if (!this.outputEnded) {
			failed(RelayOutcome.RESET);
		}
	}

	private void moved() {
		if (this.relay != null) {
			this.relay.moved();
		}
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext ctx) {
		Relay joined = this.relay;
		if (joined != null && !joined.over()) {
			joined.moved();
			RelayEnd other = joined.otherThan(this);
			other.channel.flush();
			readOn(other);
		}
	}

	@Override
	public void channelWritabilityChanged(ChannelHandlerContext ctx) {
		readOther();
	}

	private void readOther() {
		Relay joined = this.relay;
		if (joined != null && !joined.over()) {
			joined.otherThan(this).readOn(this);
		}
	}

	private void readOn(RelayEnd other) {
		if (!this.inputEnded && other.hasRoom()) {
			this.channel.read();
		}
	}

	// Where memory is scarce nobody keeps more than what was read at once, but everybody
	// goes on: who waited for memory would wait for those that are slowest.
	private boolean hasRoom() {
		this.awaited = this.unwritten > 0 && isMemoryScarce();
		return !this.awaited && this.channel.isWritable();
	}

	private boolean isMemoryScarce() {
		Relay joined = this.relay;
		return joined != null && DirectMemory.isScarce(this.channel.alloc(), joined.settings().tuning().directMemory());
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
		logger.debug("{} failed", this.channel, cause);
		failed(RelayOutcome.RESET);
	}

	@Override
	public void channelInactive(ChannelHandlerContext ctx) {
		if (this.relay != null) {
			this.relay.failed(this, RelayOutcome.RESET);
		}
	}

	@Override
	public void handlerRemoved(ChannelHandlerContext ctx) {
		this.early.forEach(ReferenceCountUtil::release);
		this.early.clear();
	}

}
